"""report.xlsx through LibreOffice and back: nothing is repaired, no cell changes, every sheet prints."""

import io
import json
from itertools import zip_longest

import pytest
from hostile_names import NAMES
