"""Tests of the simulated hospital and cashier."""
