// A non-blocking assignment in a combinational block.
module gate (
    input  wire a,
    input  wire b,
    output reg  y
);
    always @(*)
        y = a & b;
endmodule
