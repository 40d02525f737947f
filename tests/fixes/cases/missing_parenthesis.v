module missing_parenthesis (
    input  wire       clk,
    input  wire [3:0] a,
    output reg        y
);
    always @(posedge clk) begin
        if (a == 4'd3 begin
            y <= 1'b1;
        end else begin
            y <= 1'b0;
        end
    end
endmodule
