`default_nettype none
module halver (
    input  wire [7:0] whole,
    output wire [6:0] half
);
    assign half = whole[7:1];
endmodule

module undeclared_wire (
    input  wire [7:0] a,
    output wire [6:0] y
);
    halver inner (.whole(a), .half(halved));
    assign y = ~halved;
endmodule
