// A constant with a digit that is not binary.
module start_mask (
    input  wire [3:0] request,
    output wire [3:0] masked
);
    assign masked = request & 4'b1021;  // FAULT invalid-literal: slang verilator
endmodule
