`define PICK(s, a, b) ((s) ? (a) : (b))

module missing_semicolon_after_macro (
    input  wire s,
    input  wire a,
    input  wire b,
    output wire y,
    output wire z
);
    assign y = `PICK(s, a, b);
    assign z = a;
endmodule
