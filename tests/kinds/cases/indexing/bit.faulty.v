// The ninth bit of eight.
module overflow_flag (
    input  wire [7:0] sum,
    output wire       overflow
);
    assign overflow = sum[8];  // FAULT indexing: slang verilator
endmodule
