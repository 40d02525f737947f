// A small machine with room for every kind of fault.
module child #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire enable,
    input wire [7:0] data,
    output wire [7:0] result
);
  assign result = enable ? data : 8'h00;
endmodule

module machine (
    input wire clk,
    input wire rst_n,
    input wire start,
    input wire [7:0] a,
    input wire [7:0] b,
    output reg [7:0] total,
    output wire [7:0] mixed,
    output wire ready
);
  localparam IDLE = 2'b00;
  localparam RUN = 2'b01;
  localparam DONE = 2'b10;

  reg [1:0] state;
  reg [1:0] following;
  reg [7:0] held;
  reg [3:0] chosen;
  reg outer, inner;
  wire [7:0] child_result;
  wire [7:0] sum = a + b;

  child #(
      .WIDTH(8)
  ) worker (
      .clk(clk),
      .enable(start),
      .data(sum),
      .result(child_result)
  );

  assign ready = (state == DONE);
  assign mixed = {a[7:4], b[3:0]} & ~(child_result ^ 8'h0f);

  always @(posedge clk or negedge rst_n) begin
    if (!rst_n) begin
      total <= 8'd0;
      held <= 8'd0;
    end else if (start && (total != 8'hff)) begin
      total <= total + 8'd1;
      held <= sum;
    end
  end

  always @(posedge clk) begin
    state <= following;
  end

  always @(*) begin
    following = state;
    case (state)
      IDLE:
      if (start) following = RUN;
      else following = IDLE;
      RUN: begin
        if (total[3] == a[0] & (b & a) == 8'h01) following = DONE;
      end
      DONE: following = IDLE;
      default: following = IDLE;
    endcase
  end

  always @(a or b or state) begin
    if (!state[0]) begin
      chosen = a[3:0];
    end else if (state == DONE) begin
      chosen = b[3:0] << 1;
    end else begin
      chosen = 4'b0001;
    end
  end

  always @* begin
    case (state)
      IDLE: begin
        outer = 1'b0;
        inner = start;
      end
      default: begin
        outer = start;
        inner = 1'b1;
      end
    endcase
  end
endmodule
