// A majority of three with one gate wrong: only a truth table can tell.
module majority (
    input  wire a,
    input  wire b,
    input  wire c,
    output wire most
);
    wire ab, bc, ac;

    and (ab, a, b);
    or  (bc, b, c);
    and (ac, a, c);
    or  (most, ab, bc, ac);
endmodule
