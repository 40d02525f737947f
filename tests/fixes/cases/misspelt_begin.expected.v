module misspelt_begin (
    input  wire       clk,
    input  wire [1:0] d,
    output reg  [1:0] q
);
    always @(posedge clk) begin
        q[0] <= d[1];
        q[1] <= d[0];
    end
endmodule
