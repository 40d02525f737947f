// Faulty on purpose: the sensitivity list of `next` misses `up`, so that simulation and hardware differ.
module counter #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             up,
    output reg  [WIDTH-1:0] value
);
    reg [WIDTH-1:0] next;

    always @(value) begin
        if (up)
            next = value + 1'b1;
        else
            next = value - 1'b1;
    end

    always @(posedge clk) begin
        if (rst)
            value <= 0;
        else
            value <= next;
    end
endmodule
