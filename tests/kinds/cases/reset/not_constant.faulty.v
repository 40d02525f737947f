// An asynchronous reset must load a constant.
module loadable (
    input  wire       clk,
    input  wire       rst,
    input  wire [3:0] start,
    input  wire [3:0] d,
    output reg  [3:0] q
);
    always @(posedge clk or posedge rst)  // FAULT reset: yosys
        if (rst)
            q <= start;
        else
            q <= d;
endmodule
