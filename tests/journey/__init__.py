"""Tests of the durable workflows and the bus."""
