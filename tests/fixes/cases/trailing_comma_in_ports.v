module trailing_comma_in_ports (
    input  wire a,
    output wire y,
);
    assign y = a;
endmodule
