// 8N1 UART transmitter: one start bit, eight data bits (least significant first), one stop bit.
// CLOCKS_PER_BIT is the clock frequency in Hz divided by the baud rate: 50 MHz at 115200 baud gives 434.
module uart_tx #(
    parameter CLOCKS_PER_BIT = 434
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       send,
    input  wire [7:0] data,
    output reg        txd,
    output wire       busy
);
    localparam TIMER_WIDTH = $clog2(CLOCKS_PER_BIT);
    localparam [31:0] LAST_TICK = CLOCKS_PER_BIT - 1;

    localparam [1:0] IDLE  = 2'd0;
    localparam [1:0] START = 2'd1;
    localparam [1:0] BITS  = 2'd2;
    localparam [1:0] STOP  = 2'd3;

    reg [1:0] state;
    reg [TIMER_WIDTH-1:0] timer;
    reg [2:0] index;
    reg [7:0] shift;

    wire tick = (timer == LAST_TICK[TIMER_WIDTH-1:0]);

    assign busy = (state != IDLE);

    // One tick a bit: the timer runs only while a frame is on the line.
    always @(posedge clk) begin
        if (rst || tick || !busy)
            timer <= 0;
        else
            timer <= timer + 1'b1;
    end

    always @(posedge clk) begin
        if (rst) begin
            state <= IDLE;
            index <= 3'd0;
            shift <= 8'd0;
            txd   <= 1'b1;
        end else begin
            case (state)
                IDLE: begin
                    txd <= 1'b1;
                    if (send) begin
                        shift <= data;
                        state <= START;
                    end
                end
                START: begin
                    txd <= 1'b0;
                    if (tick) begin
                        index <= 3'd0;
                        state <= BITS;
                    end
                end
                BITS: begin
                    txd <= shift[0];
                    if (tick) begin
                        shift <= {1'b0, shift[7:1]};
                        index <= index + 3'd1;
                        if (index == 3'd7)
                            state <= STOP;
                    end
                end
                STOP: begin
                    txd <= 1'b1;
                    if (tick)
                        state <= IDLE;
                end
            endcase
        end
    end
endmodule
