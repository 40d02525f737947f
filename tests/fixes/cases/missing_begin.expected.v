module missing_begin (
    input  wire       clk,
    input  wire       rst,
    output reg  [3:0] q,
    output reg        zero
);
    always @(posedge clk) begin
        if (rst) begin
            q <= 4'd0;
            zero <= 1'b1;
        end else begin
            q <= q + 4'd1;
            zero <= 1'b0;
        end
    end
endmodule
