module missing_end_before_else (
    input  wire       clk,
    input  wire       rst,
    input  wire       run,
    output reg  [7:0] count,
    output reg        busy
);
    always @(posedge clk) begin
        if (rst) begin
            count <= 8'd0;
            busy  <= 1'b0;
        end
        else if (run) begin
            count <= count + 8'd1;
            busy  <= 1'b1;
        end
    end
endmodule
