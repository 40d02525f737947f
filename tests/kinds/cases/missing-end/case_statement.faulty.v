// A decoder whose case statement is not closed.
module decoder (
    input  wire [1:0] code,
    output reg  [3:0] line
);
    always @(*) begin
        case (code)
            2'd0: line = 4'b0001;
            2'd1: line = 4'b0010;
            2'd2: line = 4'b0100;
            2'd3: line = 4'b1000;  // FAULT missing-end: slang verilator
    end
endmodule
