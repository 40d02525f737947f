// A comparator with a misspelt port direction.
module equal_bytes (
    input wire [7:0] a,
    input  wire [7:0] b,
    output wire       equal
);
    assign equal = (a == b);
endmodule
