module missing_end_of_block (
    input  wire       clk,
    input  wire [3:0] d,
    output reg  [3:0] q,
    output wire       any
);
    always @(posedge clk) begin
        q <= d;
    end

    assign any = |q;
endmodule
