"""The simulated HIS and LIS: HL7 v2 over MLLP, a vendor's SQL views, and a clinic that runs by the clock."""
