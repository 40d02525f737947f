module assigned_net_in_list (
    input  wire       clk,
    input  wire [3:0] d,
    output wire [3:0] q
);
    wire [3:0] flipped, held;
    assign flipped = ~d;
    always @(posedge clk) held <= flipped;
    assign q = held;
endmodule
