// Trap: the members have defaults that would be illegal; the constructor and a setter give others.
class Runner {
 public:
  explicit Runner(int threads) : threads_(threads) {}
  void set_rows(int rows) { rows_ = rows; }
  cudaError_t run(int *data);

 private:
  int threads_ = 4096;
  int rows_ = 100000;
};

__global__ void touch(int *data) { data[0] = 1; }

cudaError_t Runner::run(int *data) {
  touch<<<dim3(1, rows_), threads_>>>(data);
  return cudaGetLastError();
}

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  Runner runner(64);
  runner.set_rows(32);
  return runner.run(data) != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
