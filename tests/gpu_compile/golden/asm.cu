__global__ void asmk(int *x) {
    int r;
    asm("add.s32 %0, 3;" : "=r"(r));
    *x = r;
}
