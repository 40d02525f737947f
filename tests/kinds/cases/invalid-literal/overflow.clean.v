// A constant that does not fit its own width.
module limit_check (
    input  wire [3:0] value,
    output wire       reached
);
    assign reached = (value == 4'd12);
endmodule
