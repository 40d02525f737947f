module missing_semicolon (
    input  wire a,
    input  wire b,
    output wire y
);
    wire both = a & b
    assign y = ~both;
endmodule
