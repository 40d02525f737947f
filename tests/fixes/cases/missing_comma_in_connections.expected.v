module inverter (
    input  wire d,
    output wire q
);
    assign q = ~d;
endmodule

module missing_comma_in_connections (
    input  wire a,
    output wire y
);
    inverter first (
        .d(a),
        .q(y)
    );
endmodule
