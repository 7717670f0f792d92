"""An outage day of two invented vendors, told through the whole real bot on a clock that runs fast."""
