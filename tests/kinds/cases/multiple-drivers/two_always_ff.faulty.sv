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
    end

    always_ff @(posedge clk) begin
        if (take)
            left <= left - 4'd1;  // FAULT multiple-drivers: slang
    end
endmodule
