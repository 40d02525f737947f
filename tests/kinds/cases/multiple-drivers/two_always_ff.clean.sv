// Two clocked blocks drive one register.
module credit (
    input  logic       clk,
    input  logic       rst,
    input  logic       take,
    output logic [3:0] left
);
    always_ff @(posedge clk) begin
        if (rst)
            left <= 4'd8;
        else if (take)
            left <= left - 4'd1;
    end
endmodule
