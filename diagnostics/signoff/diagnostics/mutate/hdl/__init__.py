"""Faults of Verilog and SystemVerilog: a file a family."""
