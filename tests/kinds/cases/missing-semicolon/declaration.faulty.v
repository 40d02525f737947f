// A register with enable.
module enabled_register (
    input  wire       clk,
    input  wire       enable,
    input  wire [7:0] d,
    output wire [7:0] q
);
    reg [7:0] held  // FAULT missing-semicolon: slang verilator

    always @(posedge clk) begin
        if (enable)
            held <= d;
    end

    assign q = held;
endmodule
