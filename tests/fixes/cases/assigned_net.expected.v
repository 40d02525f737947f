module assigned_net (
    input  wire clk,
    input  wire d,
    output wire q
);
    reg held;
    always @(posedge clk) held <= d;
    assign q = held;
endmodule
