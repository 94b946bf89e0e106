"""Writes one secret in every way in which people, libraries and files write secrets, rightly or wrongly."""

SECRET = "Hq7vK2xR9mWz4tLp"

SHAPES = {
    # URLs as they should be
    "url": "postgresql://funnel:{s}@db.example.com:5432/sales",
    "url of a driver": "postgresql+psycopg://funnel:{s}@db.example.com/sales",
    "short scheme": "postgres://funnel:{s}@localhost/sales",
    "capitals": "POSTGRESQL://FUNNEL:{s}@DB.EXAMPLE.COM/SALES",
    "no user": "redis://:{s}@cache:6379/0",
    "mysql": "mysql+pymysql://funnel:{s}@db/sales?charset=utf8mb4",
    "sql server": "mssql+pyodbc://sa:{s}@db:1433/sales?driver=ODBC+Driver+18",
    "snowflake": "snowflake://funnel:{s}@account/sales/public?warehouse=wh",
    "mongodb": "mongodb+srv://funnel:{s}@cluster0.example.net",
    "ipv6": "postgresql://funnel:{s}@[::1]:5432/sales",
    "web": "https://funnel:{s}@crm.example.com/export.csv",
    "ftp": "ftp://funnel:{s}@files.example.com/ar.csv",
    "token as the user": "https://{s}@crm.example.com/export.csv",
    # URLs as they should not be
    "at in the password": "postgresql://funnel:p@x{s}@db/sales",
    "two ats": "postgresql://funnel:@{s}@@db/sales",
    "stroke in the password": "postgresql://funnel:p/x{s}@db/sales",
    "question mark in the password": "postgresql://funnel:p?x{s}@db/sales",
    "hash in the password": "postgresql://funnel:p#x{s}@db/sales",
    "colon in the password": "postgresql://funnel:p:x{s}@db/sales",
    "blank in the password": "postgresql://funnel:p x{s}@db/sales",
    "quotes in the password": "postgresql://funnel:p\"x'{s}@db/sales",
    "per cent signs": "postgresql://funnel:p%40%2F{s}@db/sales",
    "a per cent sign that quotes nothing": "postgresql://funnel:p%zz{s}@db/sales",
    "one stroke": "postgresql:/funnel:{s}@db/sales",
    "three strokes": "postgresql:///funnel:{s}@db/sales",
    "no stroke": "postgresql:funnel:{s}@db/sales",
    "backslashes": "postgresql:\\\\funnel:{s}@db\\sales",
    "strokes escaped": "postgresql:\\/\\/funnel:{s}@db\\/sales",
    "no scheme": "funnel:{s}@db.example.com:5432/sales",
    "no scheme, a machine here": "funnel:{s}@localhost",
    "cut off": "postgresql://funnel:{s}",
    "no host": "postgresql://funnel:{s}@",
    "port that is none": "postgresql://funnel:{s}@db:port/sales",
    "a URL quoted for another": "postgresql%3A%2F%2Ffunnel%3A{s}%40db%2Fsales",
    "in quotes": "url = \"postgresql://funnel:{s}@db/sales\"",
    "in a sentence": "it is postgresql://funnel:{s}@db/sales, as agreed",
    # passwords in what follows a URL
    "query": "postgresql://db/sales?user=funnel&password={s}",
    "query, ssl": "postgresql://db/sales?sslpassword={s}&sslmode=require",
    "query, token": "https://crm.example.com/export?format=csv&access_token={s}",
    "query, key": "https://crm.example.com/export?api_key={s}&x=1",
    "query, escaped for HTML": "https://crm.example.com/export?a=1&amp;token={s}",
    "signed link": "https://bucket.s3.example.com/ar.csv?X-Amz-Credential=x&X-Amz-Signature={s}",
    "shared link": "https://account.blob.example.net/ar.csv?sv=2022&sig={s}",
    # names and values
    "dsn": "host=db user=funnel password={s} dbname=sales",
    "dsn in quotes": "host=db password='p x{s}' dbname=sales",
    "dsn with blanks": "host = db password = {s}",
    "dsn in quotes that do not end": "host=db password='p x{s}",
    "odbc": "Driver={{ODBC Driver 18}};Server=db;Uid=sa;Pwd={s};",
    "odbc in braces": "Server=db;Uid=sa;PWD={{p;x{s}}};",
    "jdbc": "jdbc:postgresql://db:5432/sales?user=funnel&password={s}",
    "jdbc of sql server": "jdbc:sqlserver://db:1433;databaseName=sales;user=sa;password={s};",
    "jdbc of oracle": "jdbc:oracle:thin:funnel/{s}@//db:1521/sales",
    "easy connect": "funnel/{s}@db:1521/sales",
    "environment": "PGPASSWORD={s} psql -h db",
    "environment of mysql": "export MYSQL_PWD='{s}'",
    "yaml": "db_password: {s}",
    "json": '{{"user": "funnel", "password": "p\\"x{s}", "port": 5432}}',
    "python": "connect(host='db', passwd=\"{s}\")",
    "option": "--password {s}",
    "option with a sign": "--db-password={s}",
    "netrc": "machine db login funnel password {s}",
    "file of passwords": "db.example.com:5432:sales:funnel:{s}",
    "sql": "CREATE ROLE funnel LOGIN PASSWORD '{s}'",
    "sql of mysql": "CREATE USER funnel IDENTIFIED BY '{s}'",
    "sql of oracle": "CREATE USER funnel IDENTIFIED BY {s}",
    "client": "client_secret={s}",
    "azure": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={s}==;EndpointSuffix=x",
    # headers
    "bearer": "Authorization: Bearer {s}",
    "basic": "Authorization: Basic {s}==",
    "bearer alone": "curl with bearer {s}",
    "header of a key": "X-Api-Key: {s}",
    "cookie": "Cookie: session={s}; theme=dark",
    # what is known by its form
    "aws": "aws_access_key_id=x aws_secret_access_key={s}/+abc",
    "aws key": "AKIA{S}",
    "github": "ghp_{s}0000",
    "gitlab": "glpat-{s}",
    "slack": "xoxb-123456-{s}",
    "slack hook": "https://hooks.slack.com/services/T000/B000/{s}",
    "stripe": "sk_live_{s}",
    "hubspot": "pat-na1-{s}-0000",
    "salesforce": "00D5e0000001abc!AQ{s}",
    "google": "AIza{s}abcdefg",
    "json web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{s}.x{s}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n{s}\n-----END RSA PRIVATE KEY-----",
    "private key cut off": "-----BEGIN PRIVATE KEY-----\n{s}\nabc",
}  # fmt: skip
"""`{s}` is the secret, `{S}` the same in capitals."""


def shape(name):
    """A text that holds the secret in one of the ways."""
    return SHAPES[name].format(s=SECRET, S=SECRET.upper())


def leaks(text):
    """Whether a text holds the secret, in small letters or capitals, or the most of it."""
    return SECRET[:8].casefold() in text.casefold() or SECRET[8:].casefold() in text.casefold()
