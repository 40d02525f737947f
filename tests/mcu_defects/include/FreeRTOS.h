/* The parts of FreeRTOS that the seeded defects call, by their names: declarations only, written for these tests. */
#ifndef INC_FREERTOS_H
#define INC_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOSConfig.h"

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;
typedef void *QueueHandle_t;
typedef void *SemaphoreHandle_t;
typedef void *TaskHandle_t;
#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFUL)
#define portYIELD_FROM_ISR(woken) vPortYieldFromIsr(woken)
#define pdMS_TO_TICKS(milliseconds) ((TickType_t)(milliseconds))

void vPortYieldFromIsr(BaseType_t woken);

#endif
