"""Say how often past intervals held: rolling origins, each refitted on what was known then."""

from simulator.backtest.origins import began_within, origins
from simulator.backtest.payload import payload
from simulator.backtest.replay import Asked, Backtest, Forecaster, backtest

__all__ = ["Asked", "Backtest", "Forecaster", "backtest", "began_within", "origins", "payload"]
