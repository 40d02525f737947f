// Synchronous first-in first-out queue of 2**LOG_DEPTH words; `head` is valid while `empty` is low.
module fifo #(
    parameter WIDTH = 8,
    parameter LOG_DEPTH = 4
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               push,
    input  wire [WIDTH-1:0]   tail,
    input  wire               pop,
    output wire [WIDTH-1:0]   head,
    output wire               empty,
    output wire               full,
    output wire [LOG_DEPTH:0] count
);
    reg [WIDTH-1:0] words [0:(1 << LOG_DEPTH)-1];

    // One bit more than an address: equal addresses are empty or full by the difference of that bit.
    reg [LOG_DEPTH:0] written;
    reg [LOG_DEPTH:0] read;

    wire do_push = push && !full;
    wire do_pop  = pop && !empty;

    assign count = written - read;
    assign empty = (count == 0);
    assign full  = count[LOG_DEPTH];
    assign head  = words[read[LOG_DEPTH-1:0]];

    always @(posedge clk) begin
        if (do_push)
            words[written[LOG_DEPTH-1:0]] <= tail;
    end

    always @(posedge clk) begin
        if (rst) begin
            written <= 0;
            read    <= 0;
        end else begin
            if (do_push)
                written <= written + 1'b1;
            if (do_pop)
                read <= read + 1'b1;
        end
    end
endmodule
