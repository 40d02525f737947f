module first (
    input  wire a,
    output wire y
);
    assign y = ~a;

// The second one is whole.
module missing_endmodule (
    input  wire a,
    output wire y
);
    first inner (.a(a), .y(y));
endmodule
