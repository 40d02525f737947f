module missing_assign (
    input  wire a,
    input  wire b,
    output wire y
);
    y = a ^ b;
endmodule
