module register (
    input  wire clk,
    input  wire d,
    output reg  q
);
    always @(posedge clk) q <= d;
endmodule

module wrong_port_only_one_left (
    input  wire clk,
    input  wire a,
    output wire y
);
    register first (
        .clk(clk),
        .d(a),
        .result(y)
    );
endmodule
