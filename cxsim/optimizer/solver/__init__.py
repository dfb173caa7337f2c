"""Linear and integer programs, and the solvers behind them."""
