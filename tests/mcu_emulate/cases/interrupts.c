/* What a run must do right for a program to get on: exceptions, priorities, tasks, transfers, ready flags. */
#include "board.h"
#include "stm32f407.h"

#define SCB_ICSR (*(volatile uint32_t *)0xE000ED04)
#define SCB_SHPR3 (*(volatile uint32_t *)0xE000ED20)

static volatile uint32_t order, marks[8];

static void mark(uint32_t what)
{
    marks[order++ & 7] = what;
}

static void tell(const char *name, uint32_t number)
{
    uart_print(name);
    uart_print(" ");
    uart_print_number(number);
    uart_print("\n");
}

void SVC_Handler(void)
{
    mark(11);
    SCB_ICSR = 1UL << 28; /* PendSV, which is less urgent: it comes when this ends */
    mark(12);
}

void PendSV_Handler(void)
{
    uint32_t number;

    __asm volatile("mrs %0, ipsr" : "=r"(number));
    mark(number);
}

void TIM2_IRQHandler(void)
{
#if KIND != 2
    TIM2->SR = ~TIM_SR_UIF;
#endif
    mark(28);
}

void EXTI0_IRQHandler(void)
{
    mark(6);
    NVIC->ISPR[0] = 1UL << TIM2_IRQn; /* more urgent: it comes at once */
    __asm volatile("dsb\n isb");
    mark(7);
}

static void expect(const char *name, const uint32_t *wanted, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++)
        if (marks[at] != wanted[at]) {
            tell(name, marks[at]);
            return;
        }
    uart_print(name);
    uart_print(order == count ? " ok\n" : " too many\n");
    order = 0;
}

int main(void)
{
    uint32_t r4 = 4;

    uart_init();
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    SCB_SHPR3 = 0x00F00000UL; /* PendSV least urgent */
    __asm volatile("mov r4, #77\n svc #1\n mov %0, r4" : "=r"(r4)::"r4", "memory");
    tell("r4", r4);
    expect("svc", (const uint32_t[]){11, 12, 14}, 3);

    NVIC_SetPriority(TIM2_IRQn, 1);
    NVIC_SetPriority(EXTI0_IRQn, 2);
    NVIC_EnableIRQ(TIM2_IRQn);
    NVIC_EnableIRQ(EXTI0_IRQn);
    __asm volatile("cpsid i");
    NVIC->ISPR[0] = 1UL << EXTI0_IRQn;
    mark(1);
    __asm volatile("cpsie i\n isb");
    mark(2);
    expect("nested", (const uint32_t[]){1, 6, 28, 7, 2}, 5);

    TIM2->ARR = 50000;
    TIM2->DIER = TIM_DIER_UIE;
    TIM2->CR1 = TIM_CR1_CEN;
    while (order < 3)
        __WFI();
    TIM2->CR1 = 0;
    uart_print("timer ok\n");

    ticks_init();
    uint32_t start = ticks_now();
    ticks_wait(20);
    tell("ticks", ticks_now() - start >= 20);

    RCC->CR |= 1UL << 16 | 1UL << 24;
    while (!(RCC->CR & 1UL << 17) || !(RCC->CR & 1UL << 25))
        ;
    RCC->CFGR |= 2;
    while ((RCC->CFGR & 0xC) != 8)
        ;
    uart_print("clocks ok\n");
    return 0;
}
