// An asynchronous reset must load a constant.
module loadable (
    input  wire       clk,
    input  wire       rst,
    input  wire [3:0] start,
    input  wire [3:0] d,
    output reg  [3:0] q
);
    always @(posedge clk or posedge rst)
        if (rst)
            q <= 4'd0;
        else
            q <= d ^ start;
endmodule
