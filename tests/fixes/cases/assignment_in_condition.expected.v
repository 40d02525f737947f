module assignment_in_condition (
    input  wire [1:0] a,
    output reg        y
);
    always @(*) begin
        if (a == 2'd2) y = 1'b1;
        else y = 1'b0;
    end
endmodule
