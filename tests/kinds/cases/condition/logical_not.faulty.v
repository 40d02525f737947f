// `!` applies to `count` alone, not to the comparison.
module not_last (
    input  wire [3:0] count,
    output wire       more
);
    assign more = !count == 4'd9;  // FAULT condition: slang // ALSO bit-width
endmodule
