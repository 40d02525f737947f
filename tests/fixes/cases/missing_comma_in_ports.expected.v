module missing_comma_in_ports (
    input  wire a,
    input  wire b,
    output wire y
);
    assign y = a | b;
endmodule
