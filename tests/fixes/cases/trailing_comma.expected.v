module leaf (
    input  wire d,
    output wire q
);
    assign q = ~d;
endmodule

module trailing_comma (
    input  wire a,
    output wire y
);
    leaf first (
        .d(a),
        .q(y)
    );
endmodule
