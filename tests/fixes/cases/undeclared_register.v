module undeclared_register (
    input  wire       clk,
    input  wire       rst,
    output wire [7:0] value
);
    always @(posedge clk) begin
        if (rst) count <= 8'd0;
        else count <= count + 8'd1;
    end
    assign value = count;
endmodule
