// One register takes the reset asynchronously, the other at the clock.
module two_resets (
    input  wire clk,
    input  wire rst_n,
    input  wire d,
    output reg  q1,
    output reg  q2
);
    always @(posedge clk or negedge rst_n)
        if (!rst_n)
            q1 <= 1'b0;
        else
            q1 <= d;

    always @(posedge clk or negedge rst_n)
        if (!rst_n)
            q2 <= 1'b0;
        else
            q2 <= q1;
endmodule
