// The sign of a number; the select's bracket is not closed.
module sign_bit (
    input  wire [15:0] number,
    output wire        negative
);
    assign negative = number[15];
endmodule
