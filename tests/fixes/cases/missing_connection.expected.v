module gate (
    input  wire       clk,
    input  wire [3:0] data,
    output reg  [3:0] held
);
    always @(posedge clk) held <= data;
endmodule

module missing_connection (
    input  wire       clk,
    input  wire [3:0] data,
    output wire [3:0] y
);
    gate first (
        .clk(clk),
        .held(y),
        .data(data)
    );
endmodule
