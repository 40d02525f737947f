// A comparator with a misspelt port direction.
module equal_bytes (
    inptu wire [7:0] a,  // FAULT illegal-keyword: slang verilator
    input  wire [7:0] b,
    output wire       equal
);
    assign equal = (a == b);  // ALSO type
endmodule
