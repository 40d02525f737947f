module misspelt_name (
    input  wire       clk,
    input  wire       enable,
    output reg  [3:0] counter
);
    always @(posedge clk) begin
        if (enable) counter <= counter + 4'd1;
    end
endmodule
