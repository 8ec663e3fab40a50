"""The simulated platforms outside the hospital: a cashier with signed REST, and WeChat's log-in."""
